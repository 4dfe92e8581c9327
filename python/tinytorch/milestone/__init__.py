"""What the milestones share: their data, the trail a run leaves, the gate that checks it, pictures.

A milestone has two halves. `train` runs on tinytorch and returns evidence, a dict of numbers and
arrays. `judge` takes every audited step again in numpy and believes nothing else. So the two halves
need not share a process: a student's library can run the first, and never sees the second.

data         points, XOR and the bundled digits
mnist        MNIST's four files: read, or downloaded and verified
images       digits, MNIST and CIFAR-10 as bytes in planes
trail        what a run records
gate         the checks, in numpy alone
convolution  a convolutional network in numpy
seeing       what a run of the CNN leaves beside its trail
paces        what hurts without convolutions, and without batches
pictures     curves, boundaries, confusions
stage        options, the report and the JSON line
"""
