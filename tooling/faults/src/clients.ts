import type { CreateClient } from './client.ts';
import { createLeveretClient } from './leveret-client.ts';

/** Which client is judged, by the name that other processes are told. */
export type ClientName = 'leveret';

/** How each of them is made. */
export const clients: Readonly<Record<ClientName, CreateClient>> = { leveret: createLeveretClient };
