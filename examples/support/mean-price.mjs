/** A function over cached items: the mean of the column `price` of a table in JSON. */
export default async function meanPrice(cache, { path }) {
  const bytes = await cache.get(path);
  if (bytes === undefined) throw Object.assign(new Error(`${path} is not cached`), { status: 404 });
  const rows = JSON.parse(new TextDecoder().decode(bytes));
  return rows.reduce((sum, { price }) => sum + price, 0) / rows.length;
}
