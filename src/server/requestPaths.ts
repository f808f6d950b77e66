/** Which fields of which calls name files or folders. Calls of the contract without such a field are not listed. */
export const PATH_FIELDS: Readonly<Record<string, string>> = {
  'studies.scan': 'paths',
  'cases.open': 'paths',
  'cases.assign': 'file',
  'masks.open': 'file',
  'export.start': 'folder',
  'models.add': 'folder',
  'skullStrip.add': 'file',
  'devices.list': 'folder',
};

/** Every path that a call names; whatever is no text is left to the contract to refuse. */
export function requestPaths(method: unknown, request: unknown): string[] {
  const field =
    typeof method === 'string' && Object.hasOwn(PATH_FIELDS, method) ? PATH_FIELDS[method] : undefined;
  if (field === undefined || typeof request !== 'object' || request === null) return [];
  const value = (request as Record<string, unknown>)[field];
  return (Array.isArray(value) ? value : [value]).filter((path) => typeof path === 'string');
}
