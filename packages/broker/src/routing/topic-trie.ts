/** What is stored under one pattern, and the patterns that go on from there. */
class Node<T> {
  readonly parent: Node<T> | undefined;
  /** The word that leads here: `*` and `#` are what they mean. */
  readonly word: string;
  readonly values = new Set<T>();
  words: Map<string, Node<T>> | undefined;
  /** After `*`: any one word. */
  star: Node<T> | undefined;
  /** After `#`: any number of words, none too. */
  hash: Node<T> | undefined;
  /** The step of a search in which it was last reached, so that it is looked at once a step. */
  reached = 0;

  constructor(parent: Node<T> | undefined, word: string) {
    this.parent = parent;
    this.word = word;
  }

  next(word: string): Node<T> | undefined {
    return word === '*' ? this.star : word === '#' ? this.hash : this.words?.get(word);
  }

  grow(word: string): Node<T> {
    const node = new Node(this, word);
    if (word === '*') this.star = node;
    else if (word === '#') this.hash = node;
    else {
      this.words ??= new Map();
      this.words.set(word, node);
    }
    return node;
  }

  drop(node: Node<T>): void {
    if (node.word === '*') this.star = undefined;
    else if (node.word === '#') this.hash = undefined;
    else {
      this.words?.delete(node.word);
      if (this.words?.size === 0) this.words = undefined;
    }
  }

  get idle(): boolean {
    return this.values.size === 0 && !this.words && !this.star && !this.hash;
  }
}

/**
 * Finds the topic patterns that match a routing key: words are split at dots, `*` is one word, `#` any number of them.
 *
 * A search goes through the key once and keeps every place in the trie where a pattern can be so far, so patterns with many
 * `#` cost no more than others.
 */
export class TopicTrie<T> {
  readonly #root = new Node<T>(undefined, '');
  #step = 0;

  add(pattern: string, value: T): void {
    let node = this.#root;
    for (const word of wordsOf(pattern)) node = node.next(word) ?? node.grow(word);
    node.values.add(value);
  }

  remove(pattern: string, value: T): void {
    let node: Node<T> | undefined = this.#root;
    for (const word of wordsOf(pattern)) node = node?.next(word);
    node?.values.delete(value);
    while (node?.parent !== undefined && node.idle) {
      node.parent.drop(node);
      node = node.parent;
    }
  }

  /** The values of all patterns that match. */
  match(routingKey: string): T[] {
    let places = this.#start();
    for (const word of wordsOf(routingKey)) {
      if (places.length === 0) break;
      places = this.#advance(places, word);
    }
    const found: T[] = [];
    for (const { values } of places) {
      for (const value of values) found.push(value);
    }
    return found;
  }

  #start(): Node<T>[] {
    this.#step += 1;
    const places: Node<T>[] = [];
    this.#reach(this.#root, places);
    return places;
  }

  #advance(places: readonly Node<T>[], word: string): Node<T>[] {
    this.#step += 1;
    const reached: Node<T>[] = [];
    for (const node of places) {
      // The parent tells '#' in a pattern from a root without a word.
      if (node.word === '#' && node.parent !== undefined) this.#reach(node, reached);
      const exact = node.words?.get(word);
      if (exact !== undefined) this.#reach(exact, reached);
      if (node.star !== undefined) this.#reach(node.star, reached);
    }
    return reached;
  }

  #reach(node: Node<T>, places: Node<T>[]): void {
    if (node.reached === this.#step) return;
    node.reached = this.#step;
    places.push(node);
    if (node.hash !== undefined) this.#reach(node.hash, places);
  }
}

/** An empty key has no words at all; a dot has an empty word on each side. */
function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.');
}
