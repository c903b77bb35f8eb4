import { expect, it } from "vitest";
import { KeyUrls } from "../../src/http/key-url.ts";

it.each([
  ["https://a.example/era5.zarr", "/t2m/c/0/4", "https://a.example/era5.zarr/t2m/c/0/4"],
  ["https://a.example/era5.zarr/", "/zarr.json", "https://a.example/era5.zarr/zarr.json"],
  ["https://a.example", "/zarr.json", "https://a.example/zarr.json"],
  ["https://a.example/x?v=2#top", "/c/0", "https://a.example/x/c/0?v=2"],
  ["https://a.example/x%20y", "/a b/c?d#e%2f", "https://a.example/x%20y/a%20b/c%3Fd%23e%252f"],
  ["https://a.example/x", "/year=2020/a+b:c", "https://a.example/x/year=2020/a%2Bb:c"],
  ["https://a.example/x", "/Grüße", "https://a.example/x/Gr%C3%BC%C3%9Fe"],
] as const)("puts together %s and %s", (base, key, url) => {
  expect(new KeyUrls(new URL(base), []).of(key).href).toBe(url);
});

it.each([
  ["https://a.example/x/", [], "https://a.example/x"],
  ["https://a.example/", [], "https://a.example"],
  ["HTTPS://A.example:443/x", [], "https://a.example/x"],
  ["https://user:word@a.example/x", [], "https://a.example/x"],
  ["https://a.example/x?v=2", [], "https://a.example/x?v=2"],
  ["https://a.example/x?v=2&sig=abc&se=2030&X-Amz-Signature=1&token=t", [], "https://a.example/x?v=2"],
  ["https://a.example/x?v=2&pass=abc", ["Pass"], "https://a.example/x?v=2"],
] as const)("names %s without secrets", (base, secret, identity) => {
  const urls = new KeyUrls(new URL(base), secret);
  expect(urls.identity).toBe(identity);
  expect(urls.shown("/c/0")).not.toMatch(/word|abc|2030/);
});

it("keeps secret parameters in the requests, and turns credentials into a header", () => {
  const urls = new KeyUrls(new URL("https://us%20er:w%C3%B6rd@a.example/x?sig=abc"), []);
  expect(urls.of("/c/0").href).toBe("https://a.example/x/c/0?sig=abc");
  expect(urls.authorization).toBe(`Basic ${Buffer.from("us er:wörd").toString("base64")}`);
});

it("takes a name or password as it stands where it is not encoded", () => {
  const urls = new KeyUrls(new URL("https://us%er:100%@a.example/x"), []);
  expect(urls.authorization).toBe(`Basic ${btoa("us%er:100%")}`);
});
