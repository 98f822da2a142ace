import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../src/workspaces.ts';
import type { Project } from './project.ts';

/** The compilers that users may have, by their folder in node_modules: TypeScript 6 and 7. */
export type Compiler = 'typescript' | 'typescript7';

/** How TypeScript finds a package. */
export type Resolution = 'node16' | 'nodenext' | 'bundler';

/** What is compiled, and how. */
export interface TypeCheck {
  readonly compiler: Compiler;
  readonly resolution: Resolution;
  /** Programs by the name of their file. */
  readonly programs: Readonly<Record<string, string>>;
  /** The packages of `@types` that the project has; `node` or none. */
  readonly types: readonly string[];
}

/** A program that imports each of these modules; as CommonJS with `import = require`. */
export function importAll(specifiers: readonly string[], kind: 'esm' | 'cjs'): string {
  const lines = specifiers.map((specifier, index) =>
    kind === 'esm'
      ? `import * as entry${index} from '${specifier}';`
      : `import entry${index} = require('${specifier}');`,
  );
  return `${lines.join('\n')}\nexport const all = [${specifiers.map((_, index) => `entry${index}`).join(', ')}];\n`;
}

/**
 * Compiles programs in a user's project, strictly and with the declarations of all packages. Resolves with the
 * compiler's complaints, nothing when there are none.
 */
export function typeCheck(project: Project, { compiler, resolution, programs, types }: TypeCheck): Promise<string> {
  for (const [file, text] of Object.entries(programs)) writeFileSync(join(project.folder, file), text);
  const compilerOptions = {
    target: 'es2023',
    // Node's project has no DOM; one without the types of Node gets signals and timers from nowhere else.
    lib: types.length === 0 ? ['es2023', 'dom'] : ['es2023'],
    module: resolution === 'bundler' ? 'esnext' : resolution,
    moduleResolution: resolution,
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types,
    typeRoots: [join(repositoryRoot, 'node_modules/@types')],
  };
  const config = `tsconfig.${compiler}-${resolution}-${types.length}.json`;
  writeFileSync(join(project.folder, config), JSON.stringify({ compilerOptions, files: Object.keys(programs) }));
  const tsc = join(repositoryRoot, 'node_modules', compiler, 'bin/tsc');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [tsc, '-p', config], { cwd: project.folder }, (error, stdout, stderr) => {
      if (error === null || stdout !== '') resolve(stdout);
      else reject(new Error(`${compiler} failed: ${stderr}`, { cause: error }));
    });
  });
}
