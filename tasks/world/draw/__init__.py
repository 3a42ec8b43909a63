"""Drawing the world: pictures and clips from attributes, by arithmetic that gives the same bytes on every machine.

Only + - * / sqrt, floor, minimum, maximum and comparisons touch arrays: IEEE 754 fixes their results to the last bit,
which it does not for sines and exponentials. Angles become cosines and sines one number at a time (`shot.turns`).
"""
