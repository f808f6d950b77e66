const STYLE = /<style>([\s\S]*?)<\/style>/;

/**
 * Puts a report's page into an element, apart from the window's own styles.
 *
 * @param html a whole page without scripts, as `export.report` gives it.
 */
export function showReport(host: HTMLElement, html: string): void {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  // The window's policy lets no style of a page in: it is taken out, and given as a sheet.
  const body = html.replace(STYLE, (_, style) => {
    sheet.replaceSync(style);
    return '';
  });
  const page = new DOMParser().parseFromString(body, 'text/html');
  root.adoptedStyleSheets = [sheet];
  root.replaceChildren(document.importNode(page.body, true));
}

/** The browser's own print dialog on the report alone; it saves as PDF too, called after the case. */
export async function printReport(html: string, name: string): Promise<void> {
  const host = document.createElement('div');
  host.className = 'printed';
  showReport(host, html);
  const images = [...host.shadowRoot!.querySelectorAll('img')];
  const { title } = document;
  document.body.append(host);
  try {
    await Promise.all(images.map((image) => image.decode().catch(() => undefined)));
    document.title = name;
    document.documentElement.classList.add('printing');
    window.print();
  } finally {
    document.documentElement.classList.remove('printing');
    document.title = title;
    host.remove();
  }
}
