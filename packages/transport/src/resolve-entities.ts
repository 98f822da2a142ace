import { checkCombinations } from './combinations.js';
import type { EntityOptions } from './entity-options.js';
import { codeLayer } from './option-layers.js';

/**
 * How entities are declared by someone who builds on a transport: its `options.entities`, and what `overrides` says
 * otherwise, for consumers with this prefetch.
 * @throws InvalidArgumentError for a value that cannot be, and for what does not go together.
 */
export function resolveEntities(
  entities: Required<EntityOptions>,
  overrides: EntityOptions,
  prefetch: number,
): Required<EntityOptions> {
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(codeLayer(overrides, 'entities.'))) {
    checked[name.slice('entities.'.length)] = value;
  }
  const resolved = { ...entities, ...checked } as Required<EntityOptions>;
  checkCombinations(resolved, prefetch);
  return resolved;
}
