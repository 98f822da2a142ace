import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { listWorkspaces, repositoryRoot } from '../src/workspaces.ts';
import { userEnvironment } from './tarball.ts';

const run = promisify(execFile);

/** A repository of its own in which a release may be tried: the changesets, every package.json and the lock, in one commit. */
export interface RepositoryCopy {
  readonly root: string;
  /** Runs a command of the repository there, and resolves with what it printed. */
  run(command: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
  git(...args: readonly string[]): Promise<string>;
}

/** Makes the copy below the given folder. `also` names what else to take of each package, by its path there. */
export async function copyRepository(below: string, also: readonly string[] = []): Promise<RepositoryCopy> {
  const root = mkdtempSync(join(below, 'repository-'));
  const folders = listWorkspaces().map(({ folder }) => relative(repositoryRoot, folder));
  const files = ['', ...folders].flatMap((folder) =>
    ['package.json', 'CHANGELOG.md', ...(folder === '' ? [] : also)].map((file) => join(folder, file)),
  );
  for (const file of ['.changeset', '.gitignore', 'package-lock.json', ...files]) {
    if (existsSync(join(repositoryRoot, file))) {
      cpSync(join(repositoryRoot, file), join(root, file), { recursive: true });
    }
  }
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));

  const path = [join(repositoryRoot, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const copy: RepositoryCopy = {
    root,
    run([file = '', ...args], env = {}) {
      return new Promise((resolve, reject) => {
        const options = { cwd: root, env: { ...userEnvironment(), ...env, PATH: path } };
        execFile(file, args, options, (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          // changeset says what is wrong on stdout, which an error of execFile leaves out of its message.
          else reject(new Error(`${file} ${args.join(' ')} failed: ${stdout}${stderr}`, { cause: error }));
        });
      });
    },
    async git(...args) {
      const identity = ['-c', 'user.name=release', '-c', 'user.email=release@localhost', '-c', 'commit.gpgsign=false'];
      const { stdout } = await run('git', [...identity, ...args], { cwd: root });
      return stdout.trim();
    },
  };
  await copy.git('init', '--quiet', '--initial-branch=main');
  await copy.git('add', '--all', ':!node_modules');
  await copy.git('commit', '--quiet', '--message=As it is');
  return copy;
}
