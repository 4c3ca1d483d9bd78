module github.com/dialcamp/dialcamp/ami/bench

go 1.26.0

require github.com/dialcamp/dialcamp v0.0.0

replace github.com/dialcamp/dialcamp => ../..
