import { queryClient } from './fetching.ts';
import { keepLive } from './live.ts';

/** The one live connection of this tab. */
export const live = keepLive(queryClient);
