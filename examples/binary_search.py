"""Find a value in a sorted list by halving the part where it can be."""


def binary_search(values, wanted):
    """Return the index of `wanted` in the sorted list `values`, or None."""
    low = 0
    high = len(values) - 1
    while low <= high:
        middle = (low + high) // 2
        if values[middle] == wanted:
            return middle
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return None


primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
for number in (2, 13, 14, 29):
    print(number, binary_search(primes, number))
