/**
 * Creates a software bill of materials of an installation in the format CycloneDX 1.6, from npm's lock file. `npm sbom
 * --omit=dev` is not used, because it omits packages that one workspace needs in production and another only in
 * development, such as kafkajs and mongodb.
 */
interface Locked {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

export interface LockFile {
  readonly name: string;
  readonly version?: string;
  /** The packages by their path, such as `node_modules/koa`. */
  readonly packages: Readonly<Record<string, Locked>>;
}

export interface SbomComponent {
  readonly type: 'library';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly { readonly expression: string }[];
}

/**
 * Returns the software bill of materials of a lock file. It lists each version of a package once, and omits packages
 * that are needed only for development.
 */
export function createSbom(lock: LockFile, version: string) {
  const components = new Map<string, SbomComponent>();
  for (const [path, locked] of Object.entries(lock.packages)) {
    const component = componentOf(path, locked);
    if (component !== undefined) components.set(component.purl, component);
  }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name: lock.name, version, 'bom-ref': 'application' } },
    components: [...components.values()].toSorted((a, b) => (a.purl < b.purl ? -1 : 1)),
  };
}

function componentOf(path: string, locked: Locked): SbomComponent | undefined {
  const { version, integrity, license } = locked;
  const at = path.lastIndexOf('node_modules/');
  if (at === -1 || version === undefined || locked.dev === true || locked.link === true) return undefined;
  const name = locked.name ?? path.slice(at + 'node_modules/'.length);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const sha512 = /^sha512-(\S+)$/.exec(integrity ?? '')?.[1];
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(sha512 && { hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] }),
    ...(license && { licenses: [{ expression: license }] }),
  };
}
