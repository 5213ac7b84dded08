// Asks the browser for a passkey and sends its answer with the form inside <yd-passkey>. What it says comes from the page.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const keys = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

/** Return the answer of the browser to a wish for a new passkey. */
async function create(options, isAlone) {
  const wish = { ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: keys(options.excludeCredentials) };
  wish.authenticatorSelection = { ...options.authenticatorSelection, residentKey: isAlone ? "required" : "discouraged", requireResidentKey: isAlone };
  if (isAlone) wish.authenticatorSelection.userVerification = "required";
  const made = await navigator.credentials.create({ publicKey: wish });
  return { ...named(made), response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject), transports: made.response.getTransports?.() ?? [] } };
}

/** Return the answer of the browser to a wish for a passkey that exists. */
async function get(options) {
  const found = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: keys(options.allowCredentials) } });
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  return { ...named(found), response: { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), userHandle: userHandle ? text(userHandle) : null } };
}

const named = (credential) => ({ id: credential.id, rawId: text(credential.rawId), type: credential.type, authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults() });

customElements.define("yd-passkey", class extends HTMLElement {
  connectedCallback() {
    if (!window.PublicKeyCredential) return;
    this.hidden = false;
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.ask(); });
  }

  async ask() {
    const { act, options, from, failed } = this.dataset;
    try {
      const wish = from ? (await (await fetch(from, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } })).json()).request_options : JSON.parse(options);
      const isAlone = this.form.elements.passwordless?.checked ?? false;
      const answer = act === "create" ? await create(wish.publicKey, isAlone) : await get(wish.publicKey);
      this.form.elements.credential.value = JSON.stringify(answer);
      this.form.submit();
    } catch (fault) {
      console.warn(fault);
      this.querySelector("[role=alert]")?.remove();
      this.prepend(Object.assign(document.createElement("p"), { className: "alert", role: "alert", textContent: failed }));
    }
  }
});
