# Sourced by every script: where builds go and which toolchain builds them.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/openledger/target}"
# The system's OpenSSL instead of compiling one for three minutes.
export OPENSSL_NO_VENDOR="${OPENSSL_NO_VENDOR:-1}"
# Set up by scripts/setup where rustup itself can download nothing.
if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && rustup run openledger rustc --version >/dev/null 2>&1; then
	export RUSTUP_TOOLCHAIN=openledger
fi
