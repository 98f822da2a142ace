import { expect, it } from 'vitest';
import { parseUserList, parseUsers } from './users.js';

it('splits a user at the first colon', () => {
  expect(parseUsers(['ann:a:b', 'bob:'], '--user')).toEqual({ ann: 'a:b', bob: '' });
});

it('lets the later of two with one name count', () => {
  expect(parseUsers(['ann:old', 'ann:new'], '--user')).toEqual({ ann: 'new' });
});

it('reads a list, whatever white space is in it', () => {
  expect(parseUserList('\nann:a  bob:b\r\n\tcarol:c\n\n', 'LEVERET_BROKER_USERS')).toEqual({
    ann: 'a',
    bob: 'b',
    carol: 'c',
  });
});

it('finds nobody in an empty list', () => {
  expect(parseUserList(' \n', 'LEVERET_BROKER_USERS')).toEqual({});
});

it.each(['s3cret', ':s3cret'])('tells the place of %j, and not the text', (text) => {
  expect(() => parseUsers(['ann:a', text], '--user')).toThrow(
    /^--user takes NAME:PASSWORD; number 2 is not of that form\.$/,
  );
});
