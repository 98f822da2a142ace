import { copyFileSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { matchingPaths } from './matching-paths.ts';

/**
 * Makes a RabbitMQ home that has only the applications a broker without plugins needs, as links to the installed ones,
 * and returns its start script. Erlang looks for each of a thousand modules in one folder after the other, and the fifty
 * plugins that are never loaded double the time of a start. Where the installation is laid out otherwise, `server` is
 * returned as it is.
 */
export function makeLeanHome(folder: string, server: string): string {
  const scripts = dirname(realpathSync(server));
  const home = dirname(scripts);
  const needed = neededApplications(join(home, 'plugins'));
  if (needed === undefined) return server;
  const lean = join(folder, 'home');
  mkdirSync(join(lean, 'plugins'), { recursive: true });
  mkdirSync(join(lean, 'sbin'));
  for (const application of needed) symlinkSync(application, join(lean, 'plugins', basename(application)));
  // Copies, not links: the scripts find their home by following links.
  for (const script of readdirSync(scripts)) copyFileSync(join(scripts, script), join(lean, 'sbin', script));
  symlinkSync(join(home, 'escript'), join(lean, 'escript'));
  return join(lean, 'sbin', basename(server));
}

/** The folders of the broker's applications and of all that they name, or undefined when they are not where they should be. */
function neededApplications(plugins: string): readonly string[] | undefined {
  const folders = new Map<string, { readonly folder: string; readonly needs: readonly string[] }>();
  for (const file of matchingPaths(join(plugins, '*', 'ebin', '*.app'))) {
    const list = /\{\s*applications\s*,\s*\[([^\]]*)\]/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    const needs = list.split(',').map((name) => name.trim());
    folders.set(basename(file, '.app'), { folder: dirname(dirname(file)), needs });
  }
  const found = new Set<string>();
  const visit = (name: string): void => {
    const application = folders.get(name);
    if (application === undefined || found.has(application.folder)) return;
    found.add(application.folder);
    application.needs.forEach(visit);
  };
  for (const name of ['rabbit', 'rabbitmq_prelaunch']) {
    if (!folders.has(name)) return undefined;
    visit(name);
  }
  return [...found];
}
