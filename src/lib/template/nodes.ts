import { quote } from '../go/strconv-quote.ts'
import type { NumberConstant } from './number-constant.ts'

/** A parsed template. `at` is an index into the whole text. */
export type StatementNode =
  | { kind: 'text'; at: number; text: string }
  | { kind: 'action'; at: number; pipe: PipeNode }
  | { kind: 'if' | 'with' | 'range'; at: number; pipe: PipeNode; list: ListNode; elseList: ListNode | undefined }
  | { kind: 'template'; at: number; name: string; pipe: PipeNode | undefined }
  | { kind: 'break'; at: number }
  | { kind: 'continue'; at: number }

/** What ends a list while parsing; never part of a tree. */
export type EndNode = { kind: 'end' | 'else'; at: number }

export type ListNode = { kind: 'list'; at: number; nodes: StatementNode[] }
export type PipeNode = {
  kind: 'pipe'
  at: number
  isAssign: boolean
  declarations: VariableNode[]
  commands: CommandNode[]
}
export type CommandNode = { kind: 'command'; at: number; args: OperandNode[] }

type FieldNode = { kind: 'field'; at: number; names: string[] }
export type VariableNode = { kind: 'variable'; at: number; names: string[] }
export type IdentifierNode = { kind: 'identifier'; at: number; name: string }
export type ChainNode = { kind: 'chain'; at: number; node: OperandNode; fields: string[] }
export type OperandNode =
  | FieldNode
  | VariableNode
  | IdentifierNode
  | ChainNode
  | PipeNode
  | { kind: 'dot'; at: number }
  | { kind: 'nil'; at: number }
  | { kind: 'bool'; at: number; isTrue: boolean }
  | { kind: 'number'; at: number; text: string; constant: NumberConstant }
  | { kind: 'string'; at: number; quoted: string; text: string }

export type AnyNode = StatementNode | EndNode | ListNode | CommandNode | OperandNode

/** The template text of a node, as messages show it. */
export function textOfNode(node: AnyNode): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'action':
      return `{{${textOfNode(node.pipe)}}}`
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.elseList === undefined ? '' : `{{else}}${textOfNode(node.elseList)}`
      return `{{${node.kind} ${textOfNode(node.pipe)}}}${textOfNode(node.list)}${otherwise}{{end}}`
    }
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe === undefined ? '' : ` ${textOfNode(node.pipe)}`}}}`
    case 'break':
    case 'continue':
    case 'end':
    case 'else':
      return `{{${node.kind}}}`
    case 'list':
      return node.nodes.map(textOfNode).join('')
    case 'pipe': {
      const declared = node.declarations.map(textOfNode).join(', ')
      const operator = node.isAssign ? ' = ' : ' := '
      return (declared === '' ? '' : declared + operator) + node.commands.map(textOfNode).join(' | ')
    }
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${textOfNode(arg)})` : textOfNode(arg))).join(' ')
    case 'field':
      return node.names.map((name) => `.${name}`).join('')
    case 'variable':
      return node.names.join('.')
    case 'identifier':
      return node.name
    case 'chain': {
      const inner = textOfNode(node.node)
      return (node.node.kind === 'pipe' ? `(${inner})` : inner) + node.fields.map((field) => `.${field}`).join('')
    }
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.isTrue)
    case 'number':
      return node.text
    case 'string':
      return node.quoted
  }
}
