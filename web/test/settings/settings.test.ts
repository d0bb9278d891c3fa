import { describe, expect, it } from "vitest";
import { ApiError } from "@/api/errors";
import { allZones, describeZone, findZones, hourIn } from "@/i18n/time-zones";
import { readAgent } from "@/settings/agents";
import { missingPasswords, refusedField } from "@/settings/password";

describe("time zones", () => {
  const winter = new Date("2026-01-15T12:00:00Z");

  it("are described by city, region and offset", () => {
    expect(describeZone("America/Argentina/Buenos_Aires", winter)).toEqual({
      name: "America/Argentina/Buenos_Aires",
      city: "Buenos Aires",
      region: "America, Argentina",
      offset: "UTC-03:00",
    });
    expect(describeZone("UTC", winter)).toMatchObject({ city: "UTC", region: "", offset: "UTC" });
    expect(describeZone("Mars/Olympus", winter).offset).toBe("");
  });

  it("are found by city, region or offset", () => {
    const zones = allZones(winter);
    const names = (query: string) => findZones(query, zones, 5).map((zone) => zone.name);
    expect(names("paris")[0]).toBe("Europe/Paris");
    expect(names("sao paulo")[0]).toBe("America/Sao_Paulo");
    expect(names("+05:45").length).toBeGreaterThan(0);
    expect(names("europe")).toHaveLength(5);
    expect(names("olympus")).toEqual([]);
  });

  it("tell the hour there", () => {
    const at = new Date("2026-01-15T23:30:00Z");
    expect([hourIn("Europe/Paris", at), hourIn("Asia/Tokyo", at)]).toEqual([0, 8]);
    expect(hourIn("Mars/Olympus", at)).toBe(at.getHours());
  });
});

describe("agents", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Safari/537.36", "Chrome", "Linux", false],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/143.0 Safari/537.36 Edg/143.0", "Edge", "Windows", false],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 (KHTML) Version/19.1 Safari/605.1", "Safari", "macOS", false],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit Version/19.1 Mobile/15E148 Safari/604.1", "Safari", "iPhone", true],
    ["Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox", "Android", true],
    ["python-httpx/0.28", "python-httpx", null, false],
    ["", "", null, false],
  ])("%s", (agent, program, system, isPhone) => {
    expect(readAgent(agent)).toEqual({ program, system, isPhone });
  });
});

const refusal = (code: string) => refusedField(new ApiError({ status: 422, code, detail: "", errors: [] }));

describe("passwords", () => {
  it("are asked for before the server is", () => {
    expect(missingPasswords({ current: "", next: "" })).toEqual({
      current: "settings.currentMissing", next: "settings.nextMissing",
    });
    expect(missingPasswords({ current: "a", next: "b" })).toEqual({});
  });

  it("are refused at their fields", () => {
    expect([refusal("wrong_password"), refusal("weak_password"), refusal("too_many_attempts")]).toEqual([
      "current", "next", null,
    ]);
    expect(refusedField(new Error("no"))).toBeNull();
  });
});
