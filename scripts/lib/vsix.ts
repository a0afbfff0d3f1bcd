import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, posix } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { inRoot } from './paths.ts';
import { packagedReadme } from './readme.ts';

/** What of package.json a VSIX's manifest says. */
interface Manifest {
  name: string;
  displayName: string;
  description: string;
  version: string;
  publisher: string;
  engines: { vscode: string };
  extensionKind: string[];
  categories: string[];
  keywords: string[];
  icon: string;
}

/** The checkout's package.json. */
export const manifest = (): Manifest => JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));

/** Files and folders that go into the package: what .vscodeignore takes back, `name` or `name/**`. */
export const packagedNames = (): string[] =>
  readFileSync(inRoot('.vscodeignore'), 'utf8')
    .split('\n')
    .flatMap((line) => /^!(.+?)(?:\/\*\*)?$/.exec(line)?.[1] ?? []);

const MIME: Record<string, string> = {
  '.cjs': 'application/javascript',
  '.css': 'text/css',
  '.gguf': 'application/octet-stream',
  '.js': 'application/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.mjs': 'application/javascript',
  '.png': 'image/png',
  '.safetensors': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain',
  '.vsixmanifest': 'text/xml',
  '.wasm': 'application/wasm',
};

/** Within a zip, which knows no time zone; the same files give the same archive. */
const TIME = new Date(2000, 0, 1);

/**
 * An extension as VS Code installs it: what .vscodeignore lets in, under extension/, with the two lists that Open
 * Packaging Conventions ask for.
 * @param dist where the bundles are that go in as dist/
 * @throws Error for a kind of file that no entry of MIME speaks of
 */
export function makeVsix(dist: string): Uint8Array {
  const said = manifest();
  const files = packagedNames().flatMap((name) => filesUnder(name === 'dist' ? dist : inRoot(name), name));
  const content: Zippable = {
    'extension.vsixmanifest': Buffer.from(vsixManifest(said)),
    '[Content_Types].xml': Buffer.from(contentTypes(files.map(({ name }) => name))),
  };
  // Weights are noise to a compressor: it takes seconds and gains 7 %.
  for (const { path, name } of files) {
    const bytes = name === 'README.md' ? Buffer.from(packagedReadme(readFileSync(path, 'utf8'))) : readFileSync(path);
    content[posix.join('extension', name)] = [bytes, { level: name.endsWith('.gguf') ? 0 : 9 }];
  }
  return zipSync(content, { mtime: TIME });
}

/** The file, or all in the folder. `name` is its path in the archive. */
function filesUnder(path: string, name: string): { path: string; name: string }[] {
  if (!statSync(path).isDirectory()) return [{ path, name }];
  return readdirSync(path)
    .sort()
    .flatMap((entry) => filesUnder(join(path, entry), posix.join(name, entry)));
}

function contentTypes(names: string[]): string {
  const kinds = [...new Set(['.vsixmanifest', ...names.map((name) => extname(name))])].sort();
  const lines = kinds.map((kind) => {
    if (kind === '')
      return names
        .filter((name) => extname(name) === '')
        .map((name) => override(name))
        .join('\n');
    if (!MIME[kind]) throw new Error(`The package has a ${kind} file: give its MIME type in scripts/lib/vsix.ts`);
    return `  <Default Extension="${kind}" ContentType="${MIME[kind]}"/>`;
  });
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
${lines.join('\n')}
</Types>
`;
}

const override = (name: string) => `  <Override PartName="/extension/${name}" ContentType="text/plain"/>`;

function vsixManifest(said: Manifest): string {
  const property = (id: string, value: string) =>
    `      <Property Id="Microsoft.VisualStudio.${id}" Value="${xml(value)}"/>`;
  const asset = (type: string, path: string) =>
    `    <Asset Type="Microsoft.VisualStudio.${type}" Path="extension/${xml(path)}" Addressable="true"/>`;
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${xml(said.name)}" Version="${xml(said.version)}" Publisher="${xml(said.publisher)}"/>
    <DisplayName>${xml(said.displayName)}</DisplayName>
    <Description xml:space="preserve">${xml(said.description)}</Description>
    <Tags>${xml(said.keywords.join(','))}</Tags>
    <Categories>${xml(said.categories.join(','))}</Categories>
    <License>extension/LICENSE</License>
    <Icon>extension/${xml(said.icon)}</Icon>
    <Properties>
${property('Code.Engine', said.engines.vscode)}
${property('Code.ExtensionKind', said.extensionKind.join(','))}
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
${asset('Code.Manifest', 'package.json')}
${asset('Services.Content.Details', 'README.md')}
${asset('Services.Content.Changelog', 'CHANGELOG.md')}
${asset('Services.Content.License', 'LICENSE')}
${asset('Services.Icons.Default', said.icon)}
  </Assets>
</PackageManifest>
`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const xml = (text: string) => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]);
