const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const IMF_FIXDATE = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/**
 * Reads a date of a header in any of the three forms of RFC 9110 §5.6.7, as milliseconds since 1970; `undefined` for
 * anything else. A year of two digits that would be more than 50 years after `now` is the one a century before.
 */
export function parseHttpDate(text: string | null, now: number): number | undefined {
  const given = text?.trim() ?? "";
  const fixed = IMF_FIXDATE.exec(given);
  if (fixed) return moment(fixed[3], fixed[2], fixed[1], fixed.slice(4));
  const short = RFC_850.exec(given);
  if (short) {
    const thisYear = new Date(now).getUTCFullYear();
    const year = Math.floor(thisYear / 100) * 100 + Number(short[3]);
    return moment(year > thisYear + 50 ? year - 100 : year, short[2], short[1], short.slice(4));
  }
  const old = ASCTIME.exec(given);
  if (old) return moment(old[6], old[1], old[2], old.slice(3, 6));
  return undefined;
}

function moment(
  year: number | string | undefined,
  month: string | undefined,
  day: string | undefined,
  time: readonly string[],
): number | undefined {
  const index = MONTHS.indexOf(month ?? "");
  const [hour, minute, second] = time.map(Number);
  if (index < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const date = Number(day);
  const found = Date.UTC(Number(year), index, date, hour, minute, second);
  return new Date(Date.UTC(Number(year), index, date)).getUTCDate() === date ? found : undefined;
}
