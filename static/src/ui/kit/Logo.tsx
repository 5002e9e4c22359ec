import { t } from "../../i18n";

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
