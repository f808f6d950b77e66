import { readVolume } from '../../volume/read.js';

type Image = Awaited<ReturnType<typeof readVolume>>;
const IMAGES_HELD = 4;

/** Images that are shown, read once. */
export class ImageStore {
  private readonly held = new Map<string, Promise<Image>>();
  /** Images of files that are not written yet. */
  private readonly unwritten = new Map<string, Image>();

  hold(file: string, image: Image): void {
    this.unwritten.set(file, image);
  }

  /** The file is there now. */
  release(file: string): void {
    this.unwritten.delete(file);
  }

  async get(file: string): Promise<Image> {
    return this.unwritten.get(file) ?? this.read(file);
  }

  private read(file: string): Promise<Image> {
    const image = this.held.get(file) ?? readVolume(file);
    this.held.delete(file);
    this.held.set(file, image);
    image.catch(() => {
      if (this.held.get(file) === image) this.held.delete(file);
    });
    const [oldest] = this.held.keys();
    if (this.held.size > IMAGES_HELD) this.held.delete(oldest);
    return image;
  }

  clear(): void {
    this.held.clear();
  }
}
