import { describe, expect, it } from 'vitest';
import { checkExpiration } from './expiration.js';

describe('the expiration of a message', () => {
  it.each(['0', '007', '+5', '60000', '315360000000'])('may be %s', (text) => {
    expect(checkExpiration(text)).toBeUndefined();
  });

  it.each([
    ['', 'no_integer'],
    ['abc', 'no_integer'],
    [' 5', 'no_integer'],
    ['5 ', '{leftover_string," "}'],
    ['1.5', '{leftover_string,".5"}'],
    ['-1', '{value_negative,-1}'],
    ['9999999999999', '{value_too_large,9999999999999}'],
  ])('may not be %j', (text, reason) => {
    expect(() => checkExpiration(text)).toThrow(
      expect.objectContaining({ code: 406, text: `PRECONDITION_FAILED - invalid expiration '${text}': ${reason}` }),
    );
  });
});
