import { useState } from "preact/hooks";
import { t } from "../../i18n/room";
import type { Brand } from "../../wire/boot";

/** The product's mark and name. The same mark is in `public/favicon.svg` and `templates/base.html`. */
export function Logo() {
  return (
    <span class="logo">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="#0a6a60" />
        <rect x="6.5" y="8" width="12" height="16" rx="4" fill="#fff" />
        <circle cx="22.5" cy="12" r="4" fill="#7fe3d2" />
        <circle cx="22.5" cy="21.5" r="2.5" fill="#7fe3d2" />
      </svg>
      {t("app.name")}
    </span>
  );
}

/** Those whose meetings these are: their logo, as far as it loads, and their name; they may have only one of them. */
export function BrandLogo({ brand: { name, logoUrl } }: { brand: Brand }) {
  const [broken, setBroken] = useState(false);
  return (
    <span class="logo brand" data-testid="brand">
      {logoUrl && !broken && <img src={logoUrl} alt="" onError={() => setBroken(true)} />}
      {name && <span class="brand-name">{name}</span>}
    </span>
  );
}
