import { chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--no-proxy-server",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Opens a page in Debian's Chromium, which ends with the test. `complaints`: errors of its console and of its scripts. */
export async function openPage(url: string): Promise<{ page: Page; complaints: readonly string[] }> {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}
