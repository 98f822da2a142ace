import { timingSafeEqual } from 'node:crypto';
import { BrokerError } from './errors.js';

/** What a user may configure, write and read in one virtual host: regular expressions, found anywhere in a name. Default: all of it. */
export interface Permissions {
  /** Default: every virtual host. */
  readonly virtualHost?: string;
  readonly configure?: string;
  readonly write?: string;
  readonly read?: string;
}

/** What can be permitted for a name. */
export type Permission = 'configure' | 'write' | 'read';

/** Permissions of one user in one virtual host; undefined permits everything. */
export type AccessRules = Readonly<Record<Permission, RegExp | undefined>>;

interface User {
  password: string;
  // By virtual host; '' stands for every one that is not named.
  readonly rules: Map<string, AccessRules>;
}

/** The users of a broker: who may log in, and what they may do. */
export class Users {
  readonly #users = new Map<string, User>();

  add(name: string, password: string, permissions?: Permissions): void {
    if (this.#users.has(name)) {
      throw new BrokerError(
        'ERR_LEVERET_BROKER_STATE',
        `There is a user ${name} already; changePassword and setPermissions change it.`,
      );
    }
    const rules = new Map([rulesOf(permissions)]);
    this.#users.set(name, { password, rules });
  }

  delete(name: string): void {
    this.#find(name);
    this.#users.delete(name);
  }

  changePassword(name: string, password: string): void {
    this.#find(name).password = password;
  }

  permit(name: string, permissions?: Permissions): void {
    this.#find(name).rules.set(...rulesOf(permissions));
  }

  clearPermissions(name: string): void {
    this.#find(name).rules.clear();
  }

  authenticates(name: string, password: string): boolean {
    const known = this.#users.get(name)?.password;
    if (known === undefined) return false;
    const [a, b] = [Buffer.from(known), Buffer.from(password)];
    return a.length === b.length && timingSafeEqual(a, b);
  }

  /** Undefined when the user has nothing to do in that virtual host. */
  rulesOf(name: string, virtualHost: string): AccessRules | undefined {
    const rules = this.#users.get(name)?.rules;
    return rules?.get(virtualHost) ?? rules?.get('');
  }

  #find(name: string): User {
    const user = this.#users.get(name);
    if (user === undefined)
      throw new BrokerError('ERR_LEVERET_BROKER_NOT_FOUND', `There is no user ${name}; addUser makes one.`);
    return user;
  }
}

function rulesOf(permissions: Permissions = {}): [virtualHost: string, rules: AccessRules] {
  const { virtualHost = '', configure, write, read } = permissions;
  return [virtualHost, { configure: pattern(configure), write: pattern(write), read: pattern(read) }];
}

function pattern(text: string | undefined): RegExp | undefined {
  if (text === undefined || text === '.*') return undefined;
  // RabbitMQ: an empty pattern permits no name at all, not every one.
  if (text === '') return /^$/;
  try {
    return new RegExp(text, 'u');
  } catch (cause) {
    throw new BrokerError('ERR_LEVERET_BROKER_OPTION', `The permission ${text} is not a regular expression.`, {
      cause,
    });
  }
}

/** Whether the rules permit it. */
export function permits(rules: AccessRules, permission: Permission, name: string): boolean {
  return rules[permission]?.test(name) ?? true;
}
