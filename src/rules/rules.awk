# SPDX-License-Identifier: Apache-2.0
# Rows of C out of a rule file: DIAG(ID, LEVEL, name, title, advice) of the set lint,
# REASON(ID, word, says, advice) of the set support. ID is made of the check, or of the
# rule's own id where there is none; a value in a text, {model.spec}, becomes N.
function row() {
	if (id == "")
		return
	name = check != "" ? check : id
	if (set == "lint" && name !~ /^lint-/)
		name = "lint-" name
	name = toupper(name)
	gsub(/-/, "_", name)
	if (set == "support" && check == "")
		return
	if (set == "support")
		printf "REASON(%s, \"%s\", \"%s\", \"%s\")\n", name, id, quoted(says), quoted(advice)
	else
		printf "DIAG(%s, %s, \"%s\", \"%s\", \"%s\")\n", name, toupper(verdict), id,
			quoted(says), quoted(advice)
	id = ""
}
function quoted(s) {
	gsub(/\{[^}]*\}/, "N", s)
	gsub(/["\\]/, "\\\\&", s)
	return s
}
function add(s) {
	if (key == "says")
		says = says s
	else if (key == "advice")
		advice = advice s
}
/^set: / { set = $2 }
/^[ \t]/ { sub(/^[ \t]+/, " "); add($0); next }
/^(rule|let|fix|converts) / {
	row()
	key = ""
	if ($1 == "rule") {
		id = $2
		check = says = advice = verdict = ""
	}
	next
}
/^[a-z]+: / {
	key = substr($0, 1, index($0, ":") - 1)
	text = substr($0, length(key) + 3)
	if (key == "check")
		check = text
	else if (key == "verdict")
		verdict = text
	else
		add(text)
	next
}
{ key = "" }
END { row() }
