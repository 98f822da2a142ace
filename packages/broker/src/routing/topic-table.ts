import { type Binding, type BindingTable, type Match, matchOf } from './binding.js';
import { TopicTrie } from './topic-trie.js';

/** How many routing keys are remembered with where they lead. */
const REMEMBERED = 1024;

/** A binding's routing key is a pattern for those of messages. */
export class TopicTable implements BindingTable {
  readonly #trie = new TopicTrie<Binding>();
  readonly #matches = new Map<string, Match>();

  add(binding: Binding): void {
    this.#trie.add(binding.routingKey, binding);
    this.#matches.clear();
  }

  remove(binding: Binding): void {
    this.#trie.remove(binding.routingKey, binding);
    this.#matches.clear();
  }

  match(routingKey: string): Match {
    const remembered = this.#matches.get(routingKey);
    if (remembered !== undefined) return remembered;
    const match = matchOf(this.#trie.match(routingKey));
    if (this.#matches.size === REMEMBERED) {
      const [oldest = ''] = this.#matches.keys();
      this.#matches.delete(oldest);
    }
    this.#matches.set(routingKey, match);
    return match;
  }
}
