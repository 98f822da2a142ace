import { expect, it } from 'vitest';
import { firstExample, importedPackages, toCommonJs } from './readme-example.ts';

it('takes the first block marked ts, byte for byte', () => {
  expect(firstExample('# T\n\n```sh\nnpm i\n```\n\n```ts\nlet a = 1;\n```\n\n```ts\nlet b;\n```\n')).toBe(
    'let a = 1;\n',
  );
});

it('finds nothing where there is nothing', () => {
  expect(firstExample('# T\n\n```js\nlet a;\n```\n')).toBeUndefined();
});

it('knows the packages that a program imports', () => {
  const program =
    "import fs from 'node:fs';\nimport a from 'a';\nimport {\n  b,\n} from '@b/c/d';\nimport * as e from 'a/e';\n";
  expect(importedPackages(program)).toEqual(['a', '@b/c']);
});

it('turns every form of import into a require', () => {
  const program =
    "import fs from 'node:fs';\nimport * as u from 'u';\nimport {\n  a,\n  b as c,\n} from 'v';\nawait c(a);\n";
  expect(toCommonJs(program)).toBe(
    "(async () => {\nconst fs = require('node:fs');\nconst u = require('u');\nconst {\n  a,\n  b: c,\n} = require('v');\nawait c(a);\n})();\n",
  );
});

it('refuses an import that it cannot turn', () => {
  expect(() => toCommonJs("import a, { b } from 'c';\n")).toThrow('cannot be turned into CommonJS');
});
