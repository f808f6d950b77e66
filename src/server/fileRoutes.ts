import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import yazl from 'yazl';
import { z } from 'zod';
import { QuorumError } from '../errors.js';
import { listFolder, listRoots, makeFolder } from './folderListing.js';
import type { PathScope } from './pathScope.js';
import type { TemporaryFolders } from './temporaryFolders.js';
import type { Uploads } from './uploads.js';

export interface FileContext {
  /** Real paths of the folders that the picker shows. */
  readonly roots: readonly string[];
  /** The roots alone. */
  readonly pickerScope: PathScope;
  readonly uploads: Uploads;
  readonly temporary: TemporaryFolders;
}

const byId = z.object({ id: z.uuid() });

/** Dropped folders in, exports out, and the picker of folders on the server. */
export function fileRoutes(context: FileContext) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/api/host', async () => ({
      roots: context.roots,
      uploadLimitBytes: context.uploads.limits.bytes,
      uploadLimitFiles: context.uploads.limits.files,
    }));
    await app.register(uploadRoutes(context.uploads));
    await app.register(downloadRoutes(context.temporary));
    await app.register(folderRoutes(context));
  };
}

function uploadRoutes(uploads: Uploads) {
  return async (app: FastifyInstance): Promise<void> => {
    // Left as a stream: a body is written as it comes, and never held.
    app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
    app.post('/api/uploads', async () => ({ id: await uploads.start() }));
    app.put('/api/uploads/:id/files', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request) =>
      uploads.receive(parse(byId, request.params).id, request.body as Readable),
    );
    app.post('/api/uploads/:id/done', async (request) => ({
      folder: uploads.folderOf(parse(byId, request.params).id),
    }));
    app.delete('/api/uploads/:id', async (request, reply) => {
      await uploads.remove(parse(byId, request.params).id);
      return reply.code(204).send();
    });
  };
}

function downloadRoutes(temporary: TemporaryFolders) {
  return async (app: FastifyInstance): Promise<void> => {
    app.post('/api/downloads', async () => temporary.create());
    // An export that failed leaves nothing to download.
    app.delete('/api/downloads/:id', async (request, reply) => {
      await temporary.remove(parse(byId, request.params).id);
      return reply.code(204).send();
    });
    app.get('/api/downloads/:id', async (request, reply) => {
      const { id } = parse(byId, request.params);
      const { name } = parse(z.object({ name: z.string().default('quorum') }), request.query);
      const stream = await zipOf(temporary.folderOf(id));
      reply.raw.once('close', () => void temporary.remove(id));
      return reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename="${name.replace(/[^\w.+-]/g, '_')}.zip"`)
        .send(stream);
    });
  };
}

function folderRoutes({ roots, pickerScope }: FileContext) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/api/folders', async (request) => {
      const { path } = parse(z.object({ path: z.string().optional() }), request.query);
      return path === undefined ? listRoots(roots) : listFolder(pickerScope, path);
    });
    app.post('/api/folders', async (request) => {
      const { parent, name } = parse(z.strictObject({ parent: z.string(), name: z.string() }), request.body);
      return { path: await makeFolder(pickerScope, parent, name) };
    });
  };
}

/** @throws QuorumError RESULT_MISSING when the folder is empty. */
async function zipOf(folder: string): Promise<Readable> {
  const zip = new yazl.ZipFile();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (files.length === 0) throw new QuorumError({ code: 'RESULT_MISSING', field: 'id' });
  for (const file of files) {
    zip.addFile(file, relative(folder, file).split(sep).join('/'), { compress: !file.endsWith('.gz') });
  }
  zip.end();
  return zip.outputStream as unknown as Readable;
}

function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new QuorumError({ code: 'REQUEST_INVALID', field: path.join('.'), expected: message });
}
