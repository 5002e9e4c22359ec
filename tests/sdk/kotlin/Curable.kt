package meet.participant

/** Says `true` or `false` for each `CODE REFUSALS BACK`: whether an entry that was refused so is tried again. */
fun main(arguments: Array<String>) = arguments.forEach {
    val (code, refusals, back) = it.split(' ')
    println(isCurable(code, refusals.toInt(), back.toBoolean()))
}
