.PHONY: demo test setup lint

# A recorded caller talks with the demo agent in a real LiveKit room. DEMO_ONCE=1 ends it after the call.
demo: setup
	cargo run --release --locked -p newvoice -- demo $(if $(filter 1,$(DEMO_ONCE)),--once)

# Every test, real services included.
test: setup
	.dev/test-setup
	cargo test --workspace --locked --no-fail-fast

# Installs what demo and tests need and this machine lacks.
setup:
	.dev/setup

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked
	.dev/lint
