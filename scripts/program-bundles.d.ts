export function prepareProgramBundles(): string;
export function computeSourcesVersion(root: string): string;
