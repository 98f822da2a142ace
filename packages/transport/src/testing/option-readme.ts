import { environmentName } from '../option-environment.js';
import type { Kind } from '../option-kinds.js';
import { ALL_ROWS } from '../option-table.js';
import { OSLO_OPTIONS, type OsloRow } from '../oslo-options.js';
import { RABBITMQ_NO_EFFECT } from '../rabbitmq-parameters.js';

/** A README with the tables of options in it as they are now, each between its pair of comments. */
export function withOptionTables(readme: string): string {
  return [
    ['options', optionTable()],
    ['oslo', osloTable()],
    ['rabbitmq', ignoredParameters()],
  ].reduce((text, [name, table]) => {
    const [start, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
    const [before, rest] = [text.indexOf(start), text.indexOf(end)];
    if (before === -1 || rest === -1) throw new Error(`The README has no place for the table '${name}'.`);
    return `${text.slice(0, before + start.length)}\n${table}\n\n${text.slice(rest)}`;
  }, readme);
}

function optionTable(): string {
  const rows = Object.entries(ALL_ROWS).map(([name, row]) => [
    `\`${name}\``,
    row.means,
    describeValue(row.kind),
    row.defaultText ?? defaultOf(row.default),
    row.kind.parse === undefined ? '–' : `\`${environmentName(name)}\``,
    names(row.oslo?.names),
    names(row.rabbitmq?.names),
  ]);
  return table(['option', 'meaning', 'value', 'default', 'environment', 'oslo.messaging', 'RabbitMQ’s URI'], rows);
}

function osloTable(): string {
  const rows = Object.entries<OsloRow>(OSLO_OPTIONS).map(([name, row]) => {
    const { kind, unit, only, aliases = [], noEffect } = row;
    const option = Object.entries(ALL_ROWS).find(([, { oslo }]) => oslo?.names.some((each) => each === name))?.[0];
    const known = only === undefined ? '' : only === 'master' ? ' (not in 14.0.3)' : ` (${only} only)`;
    return [
      `\`${[name, ...aliases].join('`, `')}\`${known}`,
      `${describeValue(kind)}${unit === undefined ? '' : `, ${unit}`}`,
      osloDefault(row),
      noEffect === undefined ? `\`${option}\`` : `no effect: ${noEffect}`,
    ];
  });
  return table(['oslo_messaging_rabbit', 'value', 'default there', 'here'], rows);
}

function osloDefault({ default: value, default14 }: OsloRow): string {
  if (value === null || value === '') return 'none';
  return `${defaultOf(value)}${default14 === undefined ? '' : ` (14.0.3: ${defaultOf(default14)})`}`;
}

function ignoredParameters(): string {
  return table(
    ['RabbitMQ’s URI', 'here'],
    Object.entries(RABBITMQ_NO_EFFECT).map(([name, reason]) => [`\`${name}\``, `no effect: ${reason}`]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function describeValue({ description }: Kind<unknown>): string {
  return description
    .replace(/\d{5,}/g, grouped)
    .replaceAll("'", '`')
    .replace('|', '\\|');
}

function defaultOf(value: unknown): string {
  return typeof value === 'number' ? grouped(String(value)) : `\`${String(value)}\``;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ' ');
}

function names(list: readonly string[] | undefined): string {
  return list === undefined ? '–' : list.map((name) => `\`${name}\``).join(', ');
}
