#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the models that model.tsv names into the folder it is given.
cd "$1" || exit 1

program() { # TYPE STATEMENTS
	printf 'program(1.3)\n{\n func main<ios18>(%s x) {\n%s\n } -> (y);\n}\n' "$1" "$2"
}
half='tensor<fp16, [1, 4]>'
program "$half" "$half y = relu(x=x)[name = string(\"n\")];" >fixed.mil
program 'tensor<fp16, [1, ?]>' 'tensor<fp16, [1, ?]> y = relu(x=x)[name = string("n")];' >free.mil
big='tensor<fp16, [40000, 40000]>'
program 'tensor<fp16, [1, 40000]>' "
	$big v = const()[name = string(\"v\"), val = $big(BLOBFILE(
		path = string(\"@model_path/w.bin\"), offset = uint64(64)))];
	tensor<fp16, [1, 40000]> y = linear(x=x, weight=v)[name = string(\"n\")];" >large.mil
program "$half" "$(awk -v t="$half" 'BEGIN {
	for (i = 0; i < 5001; i++)
		printf "%s %s = relu(x=%s)[name = string(\"n%d\")];\n", t,
			i == 5000 ? "y" : "v" i, i == 0 ? "x" : "v" i - 1, i }')" >long.mil
# Specification 4, an empty description, an empty glmRegressor (field 300).
printf '\010\004\022\000\342\022\000' >classic.mlmodel
# An input x, an array of f32 [1, 4] with the enumerated shapes [1, 4] and [1, 8] (field
# 21), and an empty neuralNetwork (field 500).
printf '\010\004\022\040\012\036\012\001x\032\031\052\027\012\002\001\004' >choice.mlmodel
printf '\020\240\200\004\252\001\014\012\004\012\002\001\004\012\004\012\002\001\010' >>choice.mlmodel
printf '\242\037\000' >>choice.mlmodel
{ cat fixed.mil | sed '$d'
echo " func second<ios18>($half x) { $half y = relu(x=x)[name = string(\"m\")]; } -> (y);
}"; } >functions.mil
any='tensor<fp16, [?, 4, 8]>'
program "$any" "$any y = layer_norm(x=x, axes=tensor<int32, [1]>([2]))[name = string(\"n\")];" >norm.mil
program 'tensor<fp16, [?, 8, 8]>' 'tensor<fp16, [?, 8, 8]> y = matmul(x=x, y=x)[name = string("n")];' >product.mil
for t in float8e4m3fn float16; do
	printf '<ir_version: 10, opset_import: ["" : 21]>\ng (float16[1, 4] x) => (%s[1, 4] y) {\n' $t
	printf ' y = Cast <to = %d> (x)\n}\n' $([ $t = float16 ] && echo 10 || echo 17)
done | awk '/^</ { n++ } { print >(n == 1 ? "eight.onnxtxt" : "sixteen.onnxtxt") }'

printf '<ir_version: 10, opset_import: ["" : 21]>\ng (float16[1, N] x) => (float16[1, N] y) {
 y = Relu (x)\n}\n' >free.onnxtxt

# Networks of one layer n: inputs x (and z) of [4, 32, 32] and [4, 1, 1], output y.
field() { printf '%s\\%03o%s' "$1" "$(printf "$2" | wc -c)" "$2"; } # TAG BYTES, as escapes
array() { # NAME SHAPE
	field "$3" "$(field '\012' "$1")$(field '\032' "$(field '\052' \
		"$(field '\012' "$2")\\020\\240\\200\\004")")"
}
network() { # FILE LAYER [z]
	x=$(array x '\004\040\040' '\012') z=$(array z "${4-\\004\\001\\001}" '\012')
	y=$(array y '\004\040\040' '\122')
	layer=$(field '\012' n)$(field '\022' x)${3:+$(field '\022' z)}$(field '\032' y)$2
	printf "\\010\\004$(field '\022' "$x${3:+$z}$y")$(field '\242\037' "$(field '\012' "$layer")")" >"$1"
}
pool() { # WINDOW STRIDE
	field '\302\007' "\\010\\001$(field '\122' "$1$1")$(field '\242\001' "$2$2")$(field '\362\001' '')"
}
network pool28.mlmodel "$(pool '\034' '\004')"
network pool7.mlmodel "$(pool '\007' '\002')"
network up28.mlmodel "$(field '\222\015' "$(field '\012' '\034\034')")"
network up2.mlmodel "$(field '\222\015' "$(field '\012' '\002\002')")"
network mul.mlmodel "$(field '\272\016' '')" z
network same.mlmodel "$(field '\272\016' '')" z '\004\040\040'
