import { randomUUID } from 'node:crypto';

/** A fresh id as oslo makes them: uuid4, 32 hexadecimal digits. */
export function newId(): string {
  return randomUUID().replaceAll('-', '');
}
