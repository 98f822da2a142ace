/** Stands in for that of node:fs in a browser: the test server has the files of the repository. Text only. */
export function readFileSync(file: URL): string {
  const request = new XMLHttpRequest();
  // How vite calls a file by its path. It has put that before those that it found in the source.
  const path = file.pathname.startsWith('/@fs/') ? file.pathname : `/@fs${file.pathname}`;
  for (const candidate of [file.pathname, path]) {
    request.open('GET', candidate, false);
    request.send();
    if (request.status === 200) return request.responseText;
  }
  throw new Error(`${file.href}: ${request.status}`);
}
