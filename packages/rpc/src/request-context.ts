import { checkRecord } from './checks.js';
import type { Context } from './request.js';
import type { Serializer } from './serializer.js';

type Text = string | null | undefined;

/** Who asks, and for what: the fields of oslo.context's `RequestContext`, and whatever else a service tells along. */
export interface RequestContext {
  readonly authToken?: Text;
  readonly userId?: Text;
  readonly projectId?: Text;
  readonly domainId?: Text;
  readonly userDomainId?: Text;
  readonly projectDomainId?: Text;
  readonly systemScope?: Text;
  readonly isAdmin?: boolean | undefined;
  readonly isAdminProject?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  readonly showDeleted?: boolean | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly requestId?: Text;
  readonly globalRequestId?: Text;
  readonly resourceUuid?: Text;
  readonly userName?: Text;
  readonly projectName?: Text;
  readonly domainName?: Text;
  readonly userDomainName?: Text;
  readonly projectDomainName?: Text;
  readonly serviceToken?: Text;
  readonly serviceUserId?: Text;
  readonly serviceUserName?: Text;
  readonly serviceUserDomainId?: Text;
  readonly serviceUserDomainName?: Text;
  readonly serviceProjectId?: Text;
  readonly serviceProjectName?: Text;
  readonly serviceProjectDomainId?: Text;
  readonly serviceProjectDomainName?: Text;
  readonly serviceRoles?: readonly string[] | undefined;
  /** What is no field of RequestContext keeps its name. */
  readonly [further: string]: unknown;
}

interface Field {
  readonly name: string;
  readonly key: string;
  /** What `RequestContext.to_dict` calls it, and `from_dict` looks for. */
  readonly olderKey?: string;
  fits(value: unknown): boolean;
}

const isText = (value: unknown): boolean => value === null || typeof value === 'string';
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');

const OLDER_KEYS: Readonly<Record<string, string>> = {
  userId: 'user',
  projectId: 'project',
  domainId: 'domain',
  userDomainId: 'user_domain',
  projectDomainId: 'project_domain',
};

const TEXTS =
  'authToken userId projectId domainId userDomainId projectDomainId systemScope requestId globalRequestId resourceUuid userName projectName domainName userDomainName projectDomainName serviceToken serviceUserId serviceUserName serviceUserDomainId serviceUserDomainName serviceProjectId serviceProjectName serviceProjectDomainId serviceProjectDomainName';

const FIELDS: readonly Field[] = [
  ...TEXTS.split(' ').map((name) => field(name, isText)),
  ...['isAdmin', 'isAdminProject', 'readOnly', 'showDeleted'].map((name) => field(name, isBoolean)),
  ...['roles', 'serviceRoles'].map((name) => field(name, isTexts)),
];

function field(name: string, fits: Field['fits']): Field {
  const key = name.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  const olderKey = OLDER_KEYS[name];
  return { name, key, fits, ...(olderKey === undefined ? {} : { olderKey }) };
}

const BY_NAME = new Map(FIELDS.map((each) => [each.name, each]));
const KEYS = new Set(FIELDS.flatMap(({ key, olderKey }) => (olderKey === undefined ? [key] : [key, olderKey])));

/**
 * The context as Python's `RequestContext.to_dict` has it, which `from_dict` reads: `userId` becomes `user_id` and, as it
 * was called before, `user`. A field that is undefined is left out; what is no field keeps its name.
 * @throws InvalidArgumentError for what is no object.
 */
export function formatRequestContext(context: RequestContext): Context {
  checkRecord('context', context);
  const formatted: [string, unknown][] = [];
  for (const [name, value] of Object.entries(context)) {
    if (value === undefined) continue;
    const { key = name, olderKey } = BY_NAME.get(name) ?? {};
    formatted.push([key, value]);
    if (olderKey !== undefined) formatted.push([olderKey, value]);
  }
  formatted.push(['user_identity', identityOf(context)]);
  return Object.fromEntries(formatted);
}

/**
 * The inverse: a context that arrived, with the fields that it has. One whose value is of another type is left out, so that
 * nobody is an admin for sending `is_admin: "no"`. What is no field keeps its name.
 */
export function parseRequestContext(context: Context): RequestContext {
  const entries = Object.entries(context).filter(([key]) => !KEYS.has(key) && key !== 'user_identity');
  for (const { name, key, olderKey, fits } of FIELDS) {
    const values = [read(context, key), olderKey === undefined ? undefined : read(context, olderKey)];
    // Whichever name says something; null only when neither does.
    const known =
      values.find((value) => value !== undefined && value !== null) ?? values.find((value) => value === null);
    if (known !== undefined && fits(known)) entries.push([name, known]);
  }
  return Object.fromEntries(entries);
}

/**
 * A serializer that gives methods, and takes from callers, a RequestContext instead of the keys on the wire. Values go as they
 * are, or as the two functions say. oslo: a `RequestContextSerializer`, which each service writes for itself.
 */
export function requestContextSerializer(
  values: Partial<Pick<Serializer, 'serializeValue' | 'deserializeValue'>> = {},
): Serializer {
  return {
    serializeValue: (context, value) =>
      values.serializeValue === undefined ? value : values.serializeValue(context, value),
    deserializeValue: (context, value) =>
      values.deserializeValue === undefined ? value : values.deserializeValue(context, value),
    serializeContext: formatRequestContext,
    deserializeContext: parseRequestContext,
  };
}

function read(context: Context, key: string): unknown {
  return Object.hasOwn(context, key) ? context[key] : undefined;
}

// As oslo.context writes it for logs.
function identityOf({ userId, projectId, domainId, userDomainId, projectDomainId }: RequestContext): string {
  return [userId, projectId, domainId, userDomainId, projectDomainId].map((id) => id || '-').join(' ');
}
