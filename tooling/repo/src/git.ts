import { execFileSync } from 'node:child_process';

/** What git prints in this folder, without the last line's end; undefined if it fails, as it does for a name it does not know. */
export function askGit(root: string, ...args: readonly string[]): string | undefined {
  try {
    const text = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return text.replace(/\n$/, '');
  } catch {
    return undefined;
  }
}
