export function prepareProgramBundles(): string;
export function sourcesVersion(root: string): string;
