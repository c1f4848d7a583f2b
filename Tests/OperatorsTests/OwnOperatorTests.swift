import Kernels
import ONNXGraph
import Operators
import Tensors
import TestSupport
import Testing

/// The verifier's own operators, which rewritten graphs hold.
@Suite("Own operators")
struct OwnOperatorTests {
  private func node(_ type: String, inputs: Int) -> Node {
    Node(
      domain: OperatorTable.ownDomain, operatorType: type,
      inputs: (0..<inputs).map { "in\($0)" }, outputs: ["out"])
  }

  /// More elements than one task takes, with what is not finite among them.
  @Test(arguments: [1, 3]) func figuresAreThePlainSums(threads: Int) {
    var generator = SeededGenerator(seed: 5)
    let count = ThreadTeam.chunkSize * 2 + 17
    var exact = (0..<count).map { _ in Double.random(in: -3...3, using: &generator) }
    var rounded = exact.map { Float($0) }
    rounded[40_000] += 0.5
    rounded[3] = .nan
    exact[4] = .infinity
    (rounded[5], exact[5]) = (.infinity, .infinity)
    (rounded[6], exact[6]) = (.nan, .nan)
    let figures = ErrorFigures(
      of: Tensor(rounded), from: Tensor(exact), team: ThreadTeam(threadCount: threads))

    let finite = exact.indices.filter { exact[$0].isFinite && rounded[$0].isFinite }
    let errors = finite.map { abs(Double(rounded[$0]) - exact[$0]) }
    let squares = errors.reduce(0) { $0 + $1 * $1 }
    let size = finite.reduce(0) { $0 + exact[$1] * exact[$1] }
    #expect(figures.maxError == errors.max())
    #expect(figures.worst == 40_000)
    #expect(figures.nonFinite == 2)
    #expect(figures.count == count)
    #expect(figures.maxMagnitude == finite.map { abs(exact[$0]) }.max())
    #expect(abs(figures.rmsError - (squares / Double(count)).squareRoot()) < 1e-12)
    #expect(abs(figures.relativeRMSError - (squares / size).squareRoot()) < 1e-12)
  }

  @Test func differenceGivesTheFigures() throws {
    let (half, exact) = (Tensor([Half(1), Half(0.1)]), Tensor([1, 0.1] as [Double]))
    let node = node("Difference", inputs: 2)
    let found = try #require(OperatorTable()(node, opset: 0))
    let prepared = try prepareNode(
      found, node: node, opset: 0, operands: [Operand(constant: half), Operand(constant: exact)])
    guard case .compute(let compute) = prepared.body else { preconditionFailure() }
    let result = MutableTensor(
      elementType: prepared.outputs[0].elementType, shape: prepared.outputs[0].shape)
    let team = ThreadTeam(threadCount: 1)
    try compute(NodeRun(inputs: [half, exact], outputs: [result], team: team))
    let figures = ErrorFigures(result.tensor)
    #expect(figures == ErrorFigures(of: half, from: exact, team: team))
    #expect(figures.maxError == abs(0.1 - Double(Half(0.1).float)))
    #expect(figures.worst == 1 && figures.count == 2)
  }

  @Test(arguments: [
    (Tensor([1, 2] as [Float]), Tensor([1] as [Float])),
    (Tensor([1] as [Float]), Tensor([1] as [Int32])),
  ]) func onlyTensorsOfOneShapeAreCompared(_ a: Tensor, _ b: Tensor) throws {
    let node = node("Difference", inputs: 2)
    let found = try #require(OperatorTable()(node, opset: 0))
    #expect(throws: OperatorError.self) {
      try prepareNode(
        found, node: node, opset: 0, operands: [Operand(constant: a), Operand(constant: b)])
    }
  }

  @Test func theirDomainIsTheirOwn() {
    #expect(
      OperatorTable()(Node(operatorType: "RoundTo", inputs: [], outputs: []), opset: 22) == nil)
    #expect(OperatorTable()(node("Conv", inputs: 2), opset: 0) == nil)
  }
}
