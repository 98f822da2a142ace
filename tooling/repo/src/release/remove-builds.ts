import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from '../workspaces.ts';

/**
 * Removes `dist` of these packages, to be built anew before they are packed. turbo puts the files of a build that it
 * remembers beside those that are there: chunks of an older build, named by their content, would be shipped too.
 */
export function removeBuilds(workspaces: readonly Workspace[]): void {
  for (const { folder } of workspaces) rmSync(join(folder, 'dist'), { recursive: true, force: true });
}
