// Special functions of one or two numbers, in double; float results are these, rounded.
//
// What libm has is not here (erf, lgamma, Bessel's j and y). Each is accurate to some 1e-14 of its
// value wherever it is finite.
#pragma once
#include <cstdint>

namespace tinytorch::special {

/// log |gamma(x)|; unlike std::lgamma, safe to call from several threads.
double lgamma(double x);
/// The slope of lgamma.
double digamma(double x);
/// The n-th derivative of digamma.                                    torch.polygamma
double polygamma(int64_t n, double x);
/// sum over k >= 0 of (k + q)^-s.                                      torch.special.zeta
double zeta(double s, double q);
/// The lower and the upper incomplete gamma function, each over gamma(a).
double gammainc(double a, double x);
double gammaincc(double a, double x);

/// The x with erf(x) = y.
double erfinv(double y);
/// e^(x^2) (1 - erf(x)), also where one factor overflows and the other vanishes.
double erfcx(double x);
/// The area of the normal curve left of x, its logarithm, and the x with area p.
double ndtr(double x);
double log_ndtr(double x);
double ndtri(double p);

/// Modified Bessel functions of the first kind, and e^-|x| times them.
double i0(double x);
double i0e(double x);
double i1(double x);
double i1e(double x);

}  // namespace tinytorch::special
