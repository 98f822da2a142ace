import { describe, expect, it } from 'vitest';
import { Confirms } from './confirms.js';

function recorded(): { readonly confirms: Confirms; readonly sent: string[] } {
  const sent: string[] = [];
  const confirms = new Confirms((acknowledged, deliveryTag, multiple) => {
    sent.push(`${acknowledged ? 'ack' : 'nack'} ${deliveryTag}${multiple ? ' multiple' : ''}`);
  });
  return { confirms, sent };
}

describe('the confirms of a channel', () => {
  it('are numbered from one', () => {
    const { confirms } = recorded();
    expect([confirms.next(), confirms.next(), confirms.next()]).toEqual([1, 2, 3]);
  });

  it('of a run leave as one, at the flush', () => {
    const { confirms, sent } = recorded();
    for (let i = 0; i < 3; i += 1) confirms.accepted(confirms.next());
    expect(sent).toEqual([]);
    confirms.flush();
    confirms.flush();
    expect(sent).toEqual(['ack 3 multiple']);
  });

  it('of one publish are not multiple', () => {
    const { confirms, sent } = recorded();
    confirms.accepted(confirms.next());
    confirms.flush();
    expect(sent).toEqual(['ack 1']);
  });

  it('tell what was accepted before they tell a refusal', () => {
    const { confirms, sent } = recorded();
    confirms.accepted(confirms.next());
    confirms.accepted(confirms.next());
    confirms.refused(confirms.next());
    confirms.accepted(confirms.next());
    confirms.flush();
    expect(sent).toEqual(['ack 2 multiple', 'nack 3', 'ack 4']);
  });

  it('never cover one that is held with a multiple', () => {
    const { confirms, sent } = recorded();
    confirms.hold(confirms.next());
    confirms.accepted(confirms.next());
    confirms.accepted(confirms.next());
    confirms.flush();
    expect(sent).toEqual(['ack 2', 'ack 3']);
    expect(confirms.heldCount).toBe(1);
    confirms.release(1, true);
    confirms.release(1, true);
    expect(sent).toEqual(['ack 2', 'ack 3', 'ack 1']);
    expect(confirms.heldCount).toBe(0);
  });
});
