import Tensors
import Testing
import Verification

struct TensorComparisonTests {
  private func compared(_ original: [Float], _ patched: [Float]) -> TensorComparison {
    TensorComparison(
      original: Tensor(original, shape: [2, 2]), patched: Tensor(patched, shape: [2, 2]),
      tolerance: 1e-3)
  }

  @Test func equalTensorsHaveNoWorstElement() {
    let found = compared([1, -2, 0, 4], [1, -2, 0, 4])
    #expect(found.agrees)
    #expect(found.worstIndex == nil)
    #expect(found.maxAbsoluteError == 0)
  }

  @Test func theToleranceGrowsWithTheMagnitude() {
    let found = compared([1000, 0.5, 0, 0], [1000.5, 0.5, 0, 0])
    #expect(found.agrees)
    #expect(found.maxAbsoluteError == 0.5)
    #expect(found.worstIndex == [0, 0])
    let small = compared([0, 0.5, 0, 0], [0, 0.5, 0, 0.0011])
    #expect(small.different == 1)
    #expect(small.worstIndex == [1, 1])
    #expect(small.maxRelativeError == 1)
  }

  @Test(arguments: [
    (Float.nan, Float.nan), (.nan, 0), (0, .nan), (.infinity, .infinity), (0, -.infinity),
  ])
  func whatIsNotFiniteDiffers(_ left: Float, _ right: Float) {
    let found = compared([5, left, 0, 0], [6, right, 0, 0])
    #expect(found.nonFinite == 1)
    #expect(found.different == 2)
    #expect(found.worstIndex == [0, 1])
    #expect(found.maxAbsoluteError == 1)
  }
}
