import { expect, it } from 'vitest';
import { redact } from '../test/all.js';

it.each([
  ['no URL: u:p@h', 'no URL: u:p@h'],
  ['rabbit://h1:5672,h2/vh?x=1', 'rabbit://h1:5672,h2/vh?x=1'],
  ['rabbit://u:p@h:1/vh?x=1', 'rabbit://u:***@h:1/vh?x=1'],
  ['rabbit://u@h/', 'rabbit://u@h/'],
  ['rabbit://a:1@h1:1,b:2@[::1]:2,c:3@h3/v', 'rabbit://a:***@h1:1,b:***@[::1]:2,c:***@h3/v'],
  // Each of these leaves open where the password ends.
  ['rabbit://u:p@ss@h/v', 'rabbit://u:***@h/v'],
  ['rabbit://u:p/q@h/v', 'rabbit://***@h/v'],
  ['rabbit://u:p q@h/v', 'rabbit://***@h/v'],
  ['rabbit://u:p#q@h/v', 'rabbit://***@***'],
  ['rabbit://u:p?q@h/v', 'rabbit://***@***'],
  ['rabbit://u:p,q@h/v', 'rabbit://***@h/v'],
  ['rabbit://u:12,q@h/v', 'rabbit://***@h/v'],
  ['rabbit://h1,u:p@h2/v', 'rabbit://***@h2/v'],
  ['rabbit://b@x@h', 'rabbit://***@h'],
  ['rabbit://u:p', 'rabbit://u:***'],
  ['rabbit://a:b@h1,u:p/v', 'rabbit://a:***@h1,u:***'],
  ['rabbit://a:b@h1:c,u:p@h2', 'rabbit://a:***@h1:***,u:***@h2'],
  // Queries.
  ['amqps://h?PassWord=p&x=1', 'amqps://h?PassWord=***&x=1'],
  ['amqps://u:p@h/?keyfile=k&p%61ssword=p', 'amqps://u:***@h/?keyfile=k&p%61ssword=***'],
  ['amqps://h?x=1;token=p', 'amqps://h?x=***'],
  ['amqps://h/?password=p@q', 'amqps://***@***'],
  // Texts.
  ['from a://u:p@h to b://v:q@i.', 'from a://u:***@h to b://v:***@i.'],
  ['a://h b://c:d', 'a://h b://c:***'],
  ['amqp://a:b@h1;amqp://c:d@h2', 'amqp://a:***@h1;amqp://c:***@h2'],
  ['a://u:p@h\nb://v:q@i\r\nme@x', 'a://u:***@h\nb://v:***@i\r\nme@x'],
])('turns %j into %j', (text, expected) => {
  expect(redact(text)).toBe(expected);
  expect(redact(expected)).toBe(expected);
});
