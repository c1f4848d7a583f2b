import Interpreter
import ONNXGraph
import Testing

@Suite(
  .enabled(
    if: !BackendCase.all.isEmpty,
    "VERIFY_PATCH_CONFORMANCE is not set; Scripts/conformance.sh sets it"))
struct ConformanceTests {
  /// A case whose operators the library has must agree; any other must agree or be refused.
  @Test(arguments: BackendCase.all)
  func agreesOrIsRefused(_ backendCase: BackendCase) {
    if let reason = KnownFailures.reasons[backendCase.name] {
      withKnownIssue(Comment(rawValue: reason)) { run(backendCase) }
    } else {
      run(backendCase)
    }
  }

  private func run(_ backendCase: BackendCase) {
    switch backendCase.outcome() {
    case .agreed: break
    case .differed(let how): Issue.record("\(backendCase.name): \(how)")
    case .refused(let why):
      #expect(backendCase.requiredOpset == nil, "\(backendCase.name) was refused: \(why)")
    }
  }

  /// The numbers change only when operators or versions of them are added.
  @Test func asManyCasesAsKnownMustAgree() {
    let opsets = BackendCase.all.compactMap { $0.requiredOpset }
    #expect(opsets.count { (7...22).contains($0) } == 516)
    #expect(opsets.count == 674)
    #expect(KnownFailures.reasons.count <= 10)
  }
}

extension BackendCase {
  /// The operator set of a case the library claims to run: all its operators, on tensors of types
  /// it has, and without training.
  var requiredOpset: Int? {
    guard let model = try? Model(contentsOfFile: modelPath), model.missingOperators().isEmpty,
      model.graph.isPlain,
      !model.graph.isForTraining
    else { return nil }
    return model.opsets[""]
  }
}

extension Graph {
  fileprivate var isPlain: Bool {
    (inputs + outputs).allSatisfy { $0.elementType != nil }
      && nodes.allSatisfy { node in
        node.attributes.values.allSatisfy { if case .other = $0 { false } else { true } }
      }
  }

  fileprivate var isForTraining: Bool {
    nodes.contains { node in
      node.attributes["training_mode"] == .int(1)
        || (node.operatorType == "Dropout" && node.inputs.count > 2)
    }
  }
}
