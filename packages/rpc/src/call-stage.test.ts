import { expect, it } from 'vitest';
import { type CallStage, describeStage } from './call-stage.js';

it.each<[CallStage, string]>([
  ['not-begun', 'nothing is left of the time of the request whose method made it, and nothing was sent.'],
  ['reply-queue', 'timed out after 500 ms, setting up the reply queue; is the broker reachable?'],
  ['publish', 'timed out after 500 ms, waiting for the broker to confirm the request;'],
  ['reply', 'timed out after 500 ms, waiting for the reply; is a server of this target running, and fast enough?'],
  ['working', 'waiting for the reply while the method still ran: its server last said so 80 ms before.'],
  ['validation', 'waiting for a schema of the contract to validate the arguments or the result.'],
  ['heartbeat', 'waiting for a heartbeat of the running method, after others had come; its server has stopped'],
])('says in words that a call died at stage %s', (stage, words) => {
  expect(describeStage({ stage, timeoutMs: 500, lastHeartbeatAgoMs: 80 })).toContain(words);
});

it('says that no heartbeat ever came', () => {
  expect(describeStage({ stage: 'heartbeat', timeoutMs: 500, lastHeartbeatAgoMs: null })).toContain('none had come;');
});
