import { existsSync } from 'node:fs';
import { RabbitmqToolingError } from './errors.ts';
import { runProgram } from './run.ts';

// One installation at a time on this machine: the kernel frees the lock when its holder ends, however it ends.
const lockFile = '/run/lock/leveret-apt-get.lock';

// Debian starts a service as soon as its package is unpacked, unless policy-rc.d says no (exit status 101). A policy
// that is there already is the machine owner's, and stays. The lists may be missing or old: then update, and try again.
const script = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\n# leveret: no service starts while packages are installed for its tests\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
install() {
  apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}
install "$@" && exit 0
echo 'leveret: the first attempt failed; once more with fresh package lists' >&2
apt-get update && install "$@"
`;

/** True when packages can be installed here: Debian or a relative of it, and this process is root. */
export function canInstallDebianPackages(): boolean {
  return existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
}

/**
 * Installs Debian packages with apt-get, without recommended packages and without starting any service. Says so on
 * stderr, before and after. Safe to call from several processes at once.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_INSTALL when apt-get fails; the message ends with its last lines.
 */
export async function installDebianPackages(...packages: readonly string[]): Promise<void> {
  const names = packages.join(' ');
  process.stderr.write(`leveret: installing ${names} with apt-get …\n`);
  const startedAt = performance.now();
  const result = await runProgram('/usr/bin/flock', [lockFile, '/bin/sh', '-c', script, 'sh', ...packages], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (result.status !== 0) {
    const lastLines = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n');
    throw new RabbitmqToolingError(
      'ERR_LEVERET_TOOLING_INSTALL',
      `apt-get could not install ${names}; install it by hand. apt-get said:\n${lastLines}`,
    );
  }
  process.stderr.write(`leveret: installed ${names} in ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
}
