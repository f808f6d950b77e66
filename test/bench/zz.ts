import { launch, serve } from '/work/main/test/e2e/browser.js';
const browser = await launch(); console.log('launched');
const served = await serve('/tmp/fp-profile', ['/tmp/shots']); console.log(served.address.slice(0,22));
const page = await browser.newPage(); await page.goto(served.address); console.log('gone');
const t = await Promise.race([page.evaluate(`new Promise((resolve) => { new PerformanceObserver((list) => { const [entry] = list.getEntriesByName('first-contentful-paint'); if (entry) resolve(performance.timeOrigin + entry.startTime); }).observe({ type: 'paint', buffered: true }); })`), new Promise(r=>setTimeout(()=>r('none'),8000))]); console.log(t);
await page.close(); console.log('closed'); await Promise.race([served.close(), new Promise(r=>setTimeout(()=>r('none'),8000)).then(()=>console.log('close hung'))]); await browser.close(); console.log('end'); process.exit();
