import type { Peer, PeerLine } from './peer.ts';

/** Asks a peer that reads questions from its stdin, and answers each under its id. */
export function askByLine({ write, line }: Pick<Peer, 'write' | 'line'>): (question: object) => Promise<PeerLine> {
  let lastId = 0;
  return (question) => {
    lastId += 1;
    const id = lastId;
    const answer = line((each) => each['id'] === id);
    write({ ...question, id });
    return answer;
  };
}
