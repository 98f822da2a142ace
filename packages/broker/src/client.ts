import { EMPTY_TABLE, type FieldTable } from './codec/field-table.js';

/** What a client said of itself in connection.start-ok, and who it turned out to be. */
export class Client {
  readonly user: string;
  readonly properties: FieldTable;
  readonly #capabilities: ReadonlySet<string>;

  constructor(user: string, properties: FieldTable) {
    this.user = user;
    this.properties = properties;
    const field = properties.get('capabilities');
    const capabilities = field?.type === 'F' ? field.value : EMPTY_TABLE;
    this.#capabilities = new Set(
      [...capabilities]
        .filter(([, { type, ...rest }]) => type === 't' && 'value' in rest && rest.value === true)
        .map(([name]) => name),
    );
  }

  /** The client property connection_name. */
  get connectionName(): string | undefined {
    const name = this.properties.get('connection_name');
    return name?.type === 'S' ? name.value : undefined;
  }

  /** Whether it says that it understands this. */
  can(capability: string): boolean {
    return this.#capabilities.has(capability);
  }
}

/** Nobody yet. */
export const STRANGER: Client = new Client('', EMPTY_TABLE);
